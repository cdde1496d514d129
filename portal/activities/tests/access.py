"""Who may use which address of a session, by which verb: the one table of it.

The app's own tests hold its pages to it, and so does the matrix of all addresses.
"""

ANYBODY, WATCHERS, OWNER = "anybody", "watchers", "owner"
ROUTES = {
    "launch": ("POST", ANYBODY),
    "mine": ("GET", ANYBODY),
    "home_of_lab": ("GET", ANYBODY),
    "home": ("GET", WATCHERS),
    "session": ("GET", WATCHERS),
    "live": ("GET", WATCHERS),
    "run_step": ("POST", OWNER),
    "typed": ("POST", OWNER),
    "stop_step": ("POST", OWNER),
    "show_hint": ("POST", OWNER),
    "run_all": ("POST", OWNER),
    "reset": ("POST", OWNER),
    "extend": ("POST", OWNER),
    "tear_down": ("POST", OWNER),
    "code": ("POST", OWNER),
    "run_progress": ("GET", WATCHERS),
    "code_versions": ("GET", WATCHERS),
    "code_version": ("GET", WATCHERS),
    "topics": ("GET", WATCHERS),
    "records": ("GET", WATCHERS),
    "produce": ("POST", OWNER),
    "download": ("GET", WATCHERS),
}
"""Each address: its verb, and who may use it. Whatever is not here is no address."""
