"""What the numbers mean: claims that somebody published about the layer, held against measurements."""
