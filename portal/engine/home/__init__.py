"""A lab to take home: a folder in which `docker-compose up -d` does what the portal did.

    docker-compose.yml    the lab's services, under the names that its steps type
    images/NAME/          what each image is built from: nothing of the portal, all of it public
    w205/                 the lab's files, as the containers see them
    README.md STEPS.md    how to run it, and what to type

Docker builds the images at the first `up`, from Debian, Maven Central and PyPI, at the versions
that the portal runs on; whatever is downloaded is checked against its sum.
"""
