"""The numbers of PDQ: how long a code is, and how its quality is counted.

Source: Facebook, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", 2019.
"""

PDQ_BITS = 256
MAX_QUALITY = 100
