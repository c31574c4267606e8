"""`takeback hotline …`: the hotline's operator."""
