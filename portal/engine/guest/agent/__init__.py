"""The first process of a sandbox: starts, watches and ends everything else in it.

It serves a unix socket that it inherits already listening (`--fd`), so that nothing inside the
sandbox can see or reach it by path. One connection carries one request: a line of JSON, with file
descriptors beside it where a verb takes them, and lines of JSON as the answer.

    configure {services: {name: {environment, oom, data_limit}}, others, fsize, nproc, door, merges}
              ->  {ok}
    exec      {service, argv, watches_memory} + stdin, stdout, stderr
              ->  {exit, memory_limit}; hanging up ends the command
    start     {service, process, argv}                 ->  {ok}
    interrupt {process, timeout}                       ->  {exit}
    terminal  {service, name, argv, environment, rows, columns, since, epoch, begin}
              ->  {epoch, start, running, exit}, then both ways until one hangs up. It tells
                  {at, d} (bytes, up to that offset) {at, screen, size} {began} {end}, and takes
                  {keys} {ack} {size} {draw} {end}
    observe   {}                                       ->  {processes}
    logs      {service, since, waits}                  ->  {n, at, p, t} a line, for ever
    put       {path, mode, size} and the bytes         ->  {ok}
    get       {path, limit}                            ->  {size} and the bytes, or {missing}
    stats     {}                                       ->  {memory, processes}
    quit      {}                                       ->  the sandbox ends

What can't be done is answered by {error}. As number 1 of its PID namespace it gets no signal from
inside that it did not ask for, not even SIGKILL, and inherits every orphan.

Three of these it answers to who is inside as well: `door.py`.
"""
