"""What a host's worker does: it carries out what people have asked for. Each is safe to repeat."""
