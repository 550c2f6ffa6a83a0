"""An AWS on this machine: moto where it is good enough, and parts of our own where it is not; loopback only."""
