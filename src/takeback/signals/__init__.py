"""What a fingerprint is, and in which lane it stands; nothing below it but the language."""
