"""Tables that students extracted: they outlive the cluster."""
