"""What a night is judged by: the held-out day, the champion, the gates."""
