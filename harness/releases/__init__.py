"""Which TensorFlow and Keras releases there are, and how to have one of them on this machine."""
