"""Takes a trained nnU-Net model that somebody sends, believing nothing of it, and makes a served one of it.

`archive` finds the files of a model in a zip, `plans` and `checkpoints` judge what they say, `networks` holds
the tensors against the plans' network, `install` puts the result among the models; `importer` does all that.
"""
