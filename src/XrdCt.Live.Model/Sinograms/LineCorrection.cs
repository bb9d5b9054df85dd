namespace XrdCt.Live.Model.Sinograms;

/// <summary>What is done about dead and hot lines.</summary>
public enum LineCorrection
{
    /// <summary>They are not looked for.</summary>
    None,

    /// <summary>They are flagged.</summary>
    Flag,

    /// <summary>They are flagged, and replaced by what the lines beside them let expect.</summary>
    Interpolate,
}
