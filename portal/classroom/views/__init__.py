"""Pages of classes. Each authorises, reads a form, calls a service, enqueues, redirects."""
