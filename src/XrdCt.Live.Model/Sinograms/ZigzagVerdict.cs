namespace XrdCt.Live.Model.Sinograms;

/// <summary>What the data say about the direction of every other line of a scan.</summary>
/// <param name="IsZigzag">True and false as the data say; null where they cannot tell: too few lines yet, or a sample that looks the same from both ends.</param>
/// <param name="Gain">How many times better the neighbouring lines agree with the better direction, by their mean square difference; 1 where neither is better, NaN before the first line.</param>
/// <param name="LineCount">Lines that were compared with their neighbours.</param>
public readonly record struct ZigzagVerdict(bool? IsZigzag, double Gain, int LineCount);
