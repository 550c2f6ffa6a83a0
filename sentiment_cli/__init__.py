"""From labelled tweets to a live REST API on AWS, and safely back to nothing.

A map of the house, from the door to the cellar; each may import what stands below it, never above:

    main            assembles the program; the only place where an exception becomes an exit code
    commands/       one file a command: parse, ask, call, show, suggest what comes next
    terminal/       the only place that knows rich and questionary: streams, prompts, progress, tables

    deployment/     plan, checks, execution, verification and teardown of a stage; its journal
    sandbox/        an AWS on this machine: a door, moto behind it, and parts of our own

    wizard          init's questions as data; data_questions those about the rows; questions how any are settled
    new_project     the files of a new project, from templates/ through scaffold
    rows            what a project trains on; dataset/ reads it, checks it, fetches Sentiment140
    modelling       a training run from rows to files; training/ fits and measures, artifacts, compiling and
                    listing make model.tar.gz of what was fitted, report/ draws the page
    image/          what goes into the inference image and the name that follows from it
    local_server/   the model on localhost, as a container or a process
    doctor/         what stands in the way, on this machine and in the account
    capacity/       how much load a model bears, and what follows: instances, prices, an autoscaling target
    golden          texts that tell whether a server answers as the model does
    texts           texts to ask about, from arguments, files and pipes
    pricing         what hosting costs, and where it is offered

    resources/      one file for each resource on AWS: how it is named, described, compared, made and removed

    clients/        the outside world: Docker, AWS, Chalice, an inference server over HTTP

    processes       which process is which, and what it uses
    help            what makes `--help` quick, and flags the reading of flags

    project (misfit, allowed: why a file does not fit it), files, events, errors, redaction     for everyone

Beside it: server_image/ is the inference server, a package and a Docker build context at once, which imports nothing
from here; templates/ are the files a user gets.
"""

__version__ = "0.1.0"
