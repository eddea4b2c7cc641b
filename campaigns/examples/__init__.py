"""Made-up content to look at a template with: data, and what turns it into a mail's cards."""
