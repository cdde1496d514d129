"""What a session tells when it is looked at as a whole: transcript, gap meter, board."""
