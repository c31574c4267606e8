"""Who else can stop copies: services, the big platforms, and the first steps of each country."""
