"""What went over the wire, byte by byte."""
