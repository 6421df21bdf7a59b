"""What the API takes and answers, by subject, in JSON's camelCase."""
