"""`python -m sentiment_cli`."""

from sentiment_cli.main import main

main()
