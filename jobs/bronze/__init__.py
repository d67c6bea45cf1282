"""Landing files read, typed, judged row by row, and set aside where they are bad."""
