"""Tests of the review: wording, charts, the page, and the page in a browser."""
