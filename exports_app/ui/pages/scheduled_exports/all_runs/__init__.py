"""The runs of all scheduled exports of a tenant."""
