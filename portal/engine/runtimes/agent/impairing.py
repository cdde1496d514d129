"""What the drivers have in common where a service's link is cut or slowed down."""

from portal.engine.errors import Part, StepFailed


def no_service(name: str) -> StepFailed:
    """For a service that isn't there."""
    return StepFailed(f"no service is called {name!r}", part=Part.UNKNOWN)


def no_means(why: str, needs: str) -> StepFailed:
    """For a host that can't do it, with what it takes."""
    return StepFailed(
        f"This host could not change the link: {why}.",
        advice=f"It takes {needs}: tell whoever runs this portal.",
        part=Part.UNKNOWN,
    )
