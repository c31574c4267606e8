"""Bengali dates without the English comma that Django has in them."""

DATE_FORMAT = "j F Y"
