"""How the page looks; what it knows and does stands in the States beside this folder."""
