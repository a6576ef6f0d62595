"""The way to the providers: what they are asked, what they answer, and how nothing is paid twice or lost."""
