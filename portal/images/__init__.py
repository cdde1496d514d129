"""What an operator lets labs run on, as data: `labs/images/NAME/image.toml`, found by looking.

The installer reads it before anything is installed, and the portal and its runtimes afterwards:
so standard library only, and nothing of the rest of the portal.
"""
