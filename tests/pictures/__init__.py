"""The pictures of the README, taken of the portal as it is."""
