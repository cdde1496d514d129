"""What a record's line says of it in one number: set where a record isn't whole, or isn't text."""

VALUE_IS_BASE64, KEY_IS_BASE64, IS_CUT = 1, 2, 4
