"""The front end for torch modules and exported programs."""
