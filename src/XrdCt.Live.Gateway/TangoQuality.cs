namespace XrdCt.Live.Gateway;

/// <summary>What a Tango device thinks of a value (AttrQuality).</summary>
public enum TangoQuality
{
    /// <summary>There is no value.</summary>
    Invalid,

    /// <summary>A good value.</summary>
    Valid,

    /// <summary>A value beyond its alarm limits.</summary>
    Alarm,

    /// <summary>A value on its way: the stage moves.</summary>
    Changing,

    /// <summary>A value beyond its warning limits.</summary>
    Warning,
}
