"""Appeals of people whose lawful picture was stopped, the answers, and figures about both."""
