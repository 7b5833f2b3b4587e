"""The rules of cleaning: text comes in, text goes out, or the reason why a document is dropped."""
