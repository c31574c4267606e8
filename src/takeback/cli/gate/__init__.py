"""`takeback gate …`: a platform's side."""
