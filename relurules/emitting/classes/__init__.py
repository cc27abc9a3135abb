"""Languages of classes: Java and C#, which differ in words alone."""
