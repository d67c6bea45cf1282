"""What an audit reads of a day's logs."""
