"""What other organisations list, brought onto this list as what it is: theirs."""
