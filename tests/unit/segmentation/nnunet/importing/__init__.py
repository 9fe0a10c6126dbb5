"""Tests of what is believed of a model that somebody sends."""
