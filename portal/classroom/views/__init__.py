"""Pages of classes. Each authorises, reads a form, orders or calls a service, redirects."""
