"""Any nnU-Net v2 model: how it lies on disk, and its prediction in the model's child process."""

import os

# nnU-Net asks the environment for its folders when it is first imported, and prints a paragraph for each that
# is not told. A prediction needs none. What wants one all the same must not write where it happens to run.
for _folder in ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results"):
    os.environ.setdefault(_folder, os.devnull)
