int x = args.Length; return x > 100 ? 1 : 0;
