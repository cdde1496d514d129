"""HTTP over one connection, byte by byte: what the bytes are, and how they are exchanged."""
