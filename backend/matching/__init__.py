"""Templates, scores and thresholds: pure arithmetic."""
