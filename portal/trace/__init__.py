"""What became of each request, proved where it can be: from its bytes to a table's row."""
