namespace XrdCt.Live.Model.Ports;

/// <summary>What became of a wish for other zones.</summary>
public enum ZoneAnswer
{
    /// <summary>They hold from the next placement on.</summary>
    Taken,

    /// <summary>Somebody else changed the zones since the revision that the wish is based on: nothing is changed.</summary>
    Outdated,

    /// <summary>Zones are no longer taken, or never were: nothing is changed.</summary>
    Closed,
}
