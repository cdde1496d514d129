"""What stands before every page and socket: bounds of size, time and number, whoever asks."""
