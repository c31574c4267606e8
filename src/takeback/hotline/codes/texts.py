"""What is said of a code that opens nothing."""

from django.utils.translation import gettext_lazy as _

CODE_UNKNOWN = _("We can't find a case with this code. Please check each number.")
