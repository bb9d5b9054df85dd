namespace XrdCt.Live.Egress.Dialects;

/// <summary>One energy threshold of a counting detector.</summary>
/// <param name="Name">Name in the messages, such as <c>threshold_1</c>.</param>
/// <param name="Energy_keV">Photons of at least this energy are counted, keV.</param>
public sealed record ThresholdChannel(string Name, double Energy_keV)
{
    /// <summary>Name of the only threshold of a detector that has one.</summary>
    internal const string UsualName = "threshold_1";
}
