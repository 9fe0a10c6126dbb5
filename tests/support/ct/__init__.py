"""CTs as real files: series in every transfer syntax that can be written here, and archives of them."""
