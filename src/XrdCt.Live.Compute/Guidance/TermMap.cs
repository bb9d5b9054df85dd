namespace XrdCt.Live.Compute.Guidance;

/// <summary>One term of the score for every place.</summary>
/// <param name="Name">What is judged.</param>
/// <param name="Weight">How much it counts; not normalised.</param>
/// <param name="Values">0…1, [y, x].</param>
/// <param name="Finding">What was found at a pixel, in words.</param>
internal sealed record TermMap(string Name, double Weight, double[] Values, Func<int, string> Finding);
