"""The Helm chart, by Helm itself: what it refuses, and what it makes."""
